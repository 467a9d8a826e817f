"""A simulator of PowerOffice Go's REST API v2, faithful to the vendor's specs and to what its clients met."""

from samtale.simulators.powerofficego.simulator import PowerOfficeGo

__all__ = ["PowerOfficeGo"]
