# Made by Landfall for this repository (spring-boot, java, 21). It builds anywhere: docker build .
# Version 21: pom.xml java.version.
# Because of pom.xml: manifest maven
# Because of pom.xml: plugin spring-boot-maven-plugin
# Because of pom.xml: framework spring-boot

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG JAVA_BUILD_IMAGE=maven:3-eclipse-temurin-21
ARG JAVA_IMAGE=eclipse-temurin:21-jre

# Builds the app with maven.
FROM ${JAVA_BUILD_IMAGE} AS build
WORKDIR /src
COPY . ./
RUN --mount=type=cache,id=maven,target=/root/.m2 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=javaca,target=/etc/ssl/certs/java/cacerts \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mvn -B -q -DskipTests package \
 && mkdir -p /out \
 && cp "$(ls -S target/*.jar | grep -Ev '/original-|-(sources|javadoc|tests?|plain)\.jar$' | head -n 1)" /out/orders.jar
# Libraries and own classes in layers of their own: a change of code ships only the latter.
RUN java -Djarmode=tools -jar /out/orders.jar extract --layers --destination /layers \
 && cd /layers && mkdir -p dependencies spring-boot-loader snapshot-dependencies application

# A Java runtime without compiler, and what was built.
FROM ${JAVA_IMAGE} AS runtime
WORKDIR /app
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
# The heap follows the memory that the container is given.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec java -Dserver.port=$PORT -Xmx300m -jar orders.jar"]
