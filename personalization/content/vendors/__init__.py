"""Templates for an ESP's own template language, made from ours."""

from personalization.content.vendors.dialects import DIALECTS, Dialect, merge_tag
from personalization.content.vendors.files import vendor_files
from personalization.content.vendors.translate import VendorTemplate, merge_fields, translate

__all__ = ["DIALECTS", "Dialect", "VendorTemplate", "merge_fields", "merge_tag", "translate", "vendor_files"]
