"""
A Hub to develop against: a real HTTP server that speaks the Hub's datasets protocol.

From the ground up: ``rowtext`` (rows as bytes), ``fill`` (what a row lacks), ``orders`` and
``world`` (every dataset, in every order), ``listing`` and ``repos`` (what is answered),
``quota``, ``faults`` and ``callers`` (what is refused), ``control`` and ``life`` (what changes),
``server`` and ``main`` (how it is served).
"""
