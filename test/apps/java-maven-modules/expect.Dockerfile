# Made by Landfall for this repository (javalin, java, 17). It builds anywhere: docker build .
# Version 17: shop-web/pom.xml maven.compiler.release.
# Because of pom.xml: manifest maven
# Because of shop-web/pom.xml: plugin maven-shade-plugin
# Because of shop-web/pom.xml: framework javalin

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-17
ARG JAVA_IMAGE=eclipse-temurin:17-jre

# Builds shop-web with maven.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
COPY . ./
RUN --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mvn -B -q -DskipTests package -pl shop-web -am \
 && mkdir -p /out \
 && cp "$(ls -S shop-web/target/*.jar | grep -Ev '/original-|-(sources|javadoc|tests?|plain)\.jar$' | head -n 1)" /out/shop-web.jar

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
CMD ["java","-jar","shop-web.jar"]
