package com.example;

public class Web {
  public static void main(String[] args) {
    io.javalin.Javalin.create().start(Integer.parseInt(System.getenv("PORT")));
  }
}
