fn main() {
    let _ = std::env::var("PORT");
    // axum::serve(listener, app)
}
