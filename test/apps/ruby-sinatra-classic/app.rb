require 'sinatra'
get('/') { 'classic' }
