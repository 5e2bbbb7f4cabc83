"""What the simulated servers stand on: listening, recording, faults, driving from outside, and a page. Knows no API."""
