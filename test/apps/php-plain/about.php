<?php echo 'about';
