"""Numerics of two-level systems (TLS) in disordered solids and superconductors.

One module an object of physics; see the book's API page for the list of functions and
the source equations they implement.
"""

__version__ = "0.1.0"
