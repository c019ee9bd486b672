"""The practitioner's console: on a telephone, between two patients."""
