"""Days of care made up from real territories: the demonstration."""
