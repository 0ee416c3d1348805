<?php
namespace Acme;
final class Text {}
