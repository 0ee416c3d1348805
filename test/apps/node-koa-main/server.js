const K=require('koa'); const a=new K(); a.use(c=>{c.body='yarn1'}); a.listen(process.env.PORT)
