const express = require('express');

const app = express();
app.get('/', (_request, response) => response.send('express-npm\n'));
app.listen(process.env.PORT || 3000);
