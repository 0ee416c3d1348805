name := "My Play-App"
lazy val root = (project in file(".")).enablePlugins(PlayScala)
scalaVersion := "3.3.6"
