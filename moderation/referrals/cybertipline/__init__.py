"""Reports to the NCMEC CyberTipline: written, confirmed by a person, filed once."""
