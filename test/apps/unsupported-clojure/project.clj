(defproject x "0.1.0")
