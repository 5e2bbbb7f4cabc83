"""A plugin-based chatbot framework. The plugin API is re-exported here once; importing runs nothing."""
