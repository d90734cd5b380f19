"""The exercise sheet (Advanced Methods in Text Analytics, Exercise 02, University of Mannheim,
FSS 2025), claim by claim: one module for each of its parts, and the data of its examples."""
