"""Sample data: a small desk that is ready to work, for a first look (``manage.py sample_data``).

The JSON files say what there is; loading.py makes what is missing. What is there already stays as it is: changes made
by hand outlive every start.
"""
