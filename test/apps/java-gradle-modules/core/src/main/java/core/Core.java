package core;

public class Core {}
