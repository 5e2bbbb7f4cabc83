"""The migrations, each named for its revision and what it brings."""
