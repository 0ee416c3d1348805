Gem::Specification.new { |spec| spec.name = 'tiny' }
