# Made by Landfall for this repository (java, 21). It builds anywhere: docker build .
# Version 21: default.
# Because of Main.java: sources Java
# Because of Main.java: main Main

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-21
ARG JAVA_IMAGE=eclipse-temurin:21-jre

# Builds the app with javac.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
COPY . ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mkdir -p /out/classes && javac -d /out/classes $(find . -name '*.java' -not -path '*/test/*')

# A Java runtime without compiler, and what was built.
FROM ${JAVA_IMAGE} AS runtime
WORKDIR /app
COPY --from=build /out/ ./
# The heap follows the memory that the container is given.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec java -cp 'app.jar:lib/*:classes' Main"]
