<?php header('Location: /');
