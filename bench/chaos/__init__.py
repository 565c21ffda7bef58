"""Chaos: a desk that decides thousands of cases while its processes are killed, Redis is emptied and platforms fail.

platform.py     a platform with endpoints that fail in every way there is, and what it has in force
people.py       moderators, each with a language of her own, who decide, undo, reconsider, approve and appeal
processes.py    web, workers and timers, started again whenever one is killed
__main__.py     the run, and its figures
"""
