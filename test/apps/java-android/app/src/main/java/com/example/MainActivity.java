package com.example;
public class MainActivity {}
