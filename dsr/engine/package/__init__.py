"""The access package: one folder per person that holds a copy of their data, readable by them and by machines."""
