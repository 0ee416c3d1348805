package controllers
class Home
