"""The national platform's FHIR R4 interfaces, as a software editor serves them (ANS IG SAS)."""
