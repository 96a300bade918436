"""Does a part that others wrote keep the laws of its seam?

In goes a back end of the ledger or a sensor; out comes a verdict for each law. A test class inherits the suite and says
how the part is made; the files of this room need pytest.

>>> from payoff.testing.ledger import StoreConformance
>>> sum(name.startswith("test_") for name in dir(StoreConformance)) >= 30
True
"""
