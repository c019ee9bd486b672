"""The projector keeps the read models: it follows the log and writes rows."""
