<?php
/**
 * Plugin Name: Reading time
 */
