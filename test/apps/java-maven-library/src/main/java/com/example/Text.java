package com.example;

public final class Text {
  /** Not a program: public static void main(String[] args) stands in a comment only. */
  public static String trim(String text) {
    return text.trim();
  }
}
