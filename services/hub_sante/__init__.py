"""The SAMU's messages (Hub Santé), understood.

Shaped after the published models, version 26.07.29; the use between a SAMU and a community is not
a published perimeter of the Hub.
"""
