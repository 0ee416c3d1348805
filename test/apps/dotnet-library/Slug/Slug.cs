namespace Slug;
