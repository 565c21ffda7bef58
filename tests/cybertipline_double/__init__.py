"""The NCMEC CyberTipline's end of the Reporting API: a real HTTP server that refuses what the documentation refuses."""
