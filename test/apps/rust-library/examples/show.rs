fn main() { println!("{}", tinyid::id()); }
