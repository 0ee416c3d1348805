(ns x.core)
