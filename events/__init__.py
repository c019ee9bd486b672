"""What can happen: the facts of same-day care and the form in which they are stored."""
