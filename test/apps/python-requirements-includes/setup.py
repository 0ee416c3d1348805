from setuptools import setup, find_packages

setup(name="api", packages=find_packages("src"), package_dir={"": "src"})
