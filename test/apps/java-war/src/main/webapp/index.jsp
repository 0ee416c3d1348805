<p>portal</p>
