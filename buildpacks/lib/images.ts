import type { BaseImage } from '../buildpack.ts';

const image = (
  arg: string,
  official: string,
  toolchain: string,
  version: string,
  variant: 'runtime' | 'build',
): BaseImage => ({ arg, official, toolchain, version, variant });

/** The base images of images/README.md, by toolchain; the version is the tag's. */
export const images = {
  node: (version: string) => image('NODE_IMAGE', `node:${version}-slim`, 'node', version, 'runtime'),
  nodeBuild: (version: string) => image('NODE_BUILD_IMAGE', `node:${version}`, 'node', version, 'build'),
  python: (version: string) => image('PYTHON_IMAGE', `python:${version}-slim`, 'python', version, 'runtime'),
  pythonBuild: (version: string) =>
    image('PYTHON_BUILD_IMAGE', `python:${version}`, 'python', version, 'build'),
  static: () => image('STATIC_IMAGE', 'caddy:2', 'static', '2', 'runtime'),
  debian: () => image('DEBIAN_IMAGE', 'debian:trixie-slim', 'debian', 'trixie', 'runtime'),
  goBuild: (version: string) => image('GO_BUILD_IMAGE', `golang:${version}`, 'go', version, 'build'),
  rustBuild: (version: string) => image('RUST_BUILD_IMAGE', `rust:${version}`, 'rust', version, 'build'),
  java: (version: string) =>
    image('JAVA_IMAGE', `eclipse-temurin:${version}-jre`, 'java', version, 'runtime'),
  javaBuild: (version: string) =>
    image('JAVA_BUILD_IMAGE', `maven:3-eclipse-temurin-${version}`, 'java', version, 'build'),
  gradleBuild: (version: string, jdk: string) =>
    image('GRADLE_BUILD_IMAGE', `gradle:${version}-jdk${jdk}`, 'gradle', version, 'build'),
  ruby: (version: string) => image('RUBY_IMAGE', `ruby:${version}-slim`, 'ruby', version, 'runtime'),
  rubyBuild: (version: string) => image('RUBY_BUILD_IMAGE', `ruby:${version}`, 'ruby', version, 'build'),
  php: (version: string) => image('PHP_IMAGE', `php:${version}-apache`, 'php', version, 'runtime'),
  bun: (version: string) => image('BUN_IMAGE', `oven/bun:${version}`, 'bun', version, 'runtime'),
  deno: (version: string) => image('DENO_IMAGE', `denoland/deno:${version}`, 'deno', version, 'runtime'),
  elixir: (version: string) => image('ELIXIR_IMAGE', `elixir:${version}-slim`, 'elixir', version, 'runtime'),
  elixirBuild: (version: string) =>
    image('ELIXIR_BUILD_IMAGE', `elixir:${version}`, 'elixir', version, 'build'),
  dotnet: (version: string) =>
    image('DOTNET_IMAGE', `mcr.microsoft.com/dotnet/runtime:${version}`, 'dotnet', version, 'runtime'),
  aspnet: (version: string) =>
    image('ASPNET_IMAGE', `mcr.microsoft.com/dotnet/aspnet:${version}`, 'dotnet', version, 'runtime'),
  dotnetSdk: (version: string) =>
    image('DOTNET_SDK_IMAGE', `mcr.microsoft.com/dotnet/sdk:${version}`, 'dotnet', version, 'build'),
} as const;
