require 'sinatra/base'

class App < Sinatra::Base
  set :host_authorization, permitted_hosts: []
  get('/') { 'hello from sinatra' }
end
