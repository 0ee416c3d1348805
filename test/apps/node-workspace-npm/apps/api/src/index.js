import express from 'express'; import { hi } from '@w/lib'; express().get('/', (q, s) => s.send(hi())).listen(process.env.PORT)
