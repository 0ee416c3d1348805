<?php
$db = new PDO('sqlite::memory:');
echo 'hello from php ' . $db->query('select 6*7')->fetchColumn();
