"""Every destination that the export knows, by name."""

from personalization.export.destinations import files

DESTINATIONS = {"files": files.DESTINATION}
