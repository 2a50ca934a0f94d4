"""The thinking; knows stores only through dsr.core.store."""
