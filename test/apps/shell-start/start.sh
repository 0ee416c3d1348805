#!/bin/bash
exec ./server
