<?php mail('a@example.com', 'hello', $_POST['text']);
