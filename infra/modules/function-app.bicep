metadata description = 'The function app on Flex Consumption (Linux), with every app setting it reads.'

@description('Name of the function app.')
param name string

@description('Name of the plan.')
param planName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the identity the app acts as.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Account of the Functions host and Durable Functions.')
param hostStorageAccountName string

@description('URL of the container deployment packages go to.')
param deploymentContainerUrl string

@description('Blob endpoint of the MCMS files.')
param blobServiceUri string

@description('Host name of the Service Bus namespace.')
param serviceBusHostName string

@description('Host name of the SQL server.')
param sqlServerHostName string

@description('Name of the database.')
param sqlDatabaseName string

@description('Whether history is read from the readable replica of the database.')
param sqlReadScale bool

@description('Connection string of Application Insights.')
param applicationInsightsConnectionString string

@description('Entra tenant whose tokens the API accepts.')
param authTenantId string

@description('Audience of the API tokens.')
param authAudience string

@description('OTLP endpoint; empty: the setting is not made.')
param otlpEndpoint string

@description('How old history is when it goes to the archive, as an ISO 8601 duration such as P730D. Empty: history stays.')
param historyArchiveAfter string

@description('Licences of ESPRIT that all workstations share; empty: no limit.')
param espritLicences string

@description('Licences of SolidWorks that all workstations share; empty: no limit.')
param solidworksLicences string

@description('Endpoint of Communication Services.')
param communicationEndpoint string

@description('Address that mails come from.')
param emailFrom string

@description('Address of the Teams workflow: a secret. Empty: the setting is not made.')
@secure()
param teamsWebhookUrl string

@description('E-mail addresses of the operators; empty: the setting is not made.')
param operatorEmails string

@description('Domain of the people who order; empty: the setting is not made.')
param personEmailDomain string

@description('Sender of SMS; empty: there are none.')
param smsFrom string

@description('Phone numbers of the operators.')
param operatorPhones string

@description('How long a severe incident stays unacknowledged before it goes out by SMS.')
param smsAfter string

@description('Language of the notifications.')
param notificationLanguage string

@description('Address of the console; empty: links lead to the API.')
param consoleUrl string

@description('Memory of one instance in MB.')
param instanceMemoryMB int

@description('Upper limit of instances.')
param maximumInstanceCount int

@description('Instances kept warm for HTTP.')
param alwaysReadyHttpInstances int

@description('Major version of Node.js. Resource Manager takes any value and the app then fails at its first start: check with az functionapp list-flexconsumption-runtimes --runtime node.')
param nodeVersion string = '24'

var authority = '${environment().authentication.loginEndpoint}${authTenantId}'

var sqlConnection = 'Server=tcp:${sqlServerHostName},1433;Database=${sqlDatabaseName};Authentication=Active Directory Managed Identity;User Id=${identityClientId};Encrypt=True;TrustServerCertificate=False;Connection Timeout=30'

// Flex Consumption takes the runtime from functionAppConfig: FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION and
// WEBSITE_* belong to other plans. Names with "__" are the identity-based form of a connection: no secret is stored.
var requiredSettings = {
  AzureWebJobsStorage__accountName: hostStorageAccountName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusHostName
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId
  BlobStorage__serviceUri: blobServiceUri
  SqlConnection: sqlConnection
  Auth__Issuer: '${authority}/v2.0'
  Auth__Audience: authAudience
  Auth__JwksUri: '${authority}/discovery/v2.0/keys'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  // Read by DefaultAzureCredential: with a user-assigned identity it must be told which one.
  AZURE_CLIENT_ID: identityClientId
  CommunicationServices__endpoint: communicationEndpoint
  Notifications__Language: notificationLanguage
}
var replicaSettings = sqlReadScale ? { SqlReplicaConnection: '${sqlConnection};ApplicationIntent=ReadOnly' } : {}
var archiveSettings = empty(historyArchiveAfter) ? {} : { HistoryArchive__After: historyArchiveAfter }
var espritPoolSettings = empty(espritLicences) ? {} : { LicencePools__esprit: espritLicences }
var solidworksPoolSettings = empty(solidworksLicences) ? {} : { LicencePools__solidworks: solidworksLicences }
var sendsMail = !empty(operatorEmails) || !empty(personEmailDomain)
var mailFromSettings = sendsMail ? { Notifications__Email__From: emailFrom } : {}
var mailOperatorSettings = empty(operatorEmails) ? {} : { Notifications__Email__Operators: operatorEmails }
var mailPersonSettings = empty(personEmailDomain) ? {} : { Notifications__Email__PersonDomain: personEmailDomain }
var teamsSettings = empty(teamsWebhookUrl) ? {} : { Notifications__Teams__WebhookUrl: teamsWebhookUrl }
var smsFromSettings = empty(smsFrom) ? {} : { Notifications__Sms__From: smsFrom }
var smsOperatorSettings = empty(smsFrom) ? {} : { Notifications__Sms__Operators: operatorPhones }
var smsAfterSettings = empty(smsFrom) ? {} : { Notifications__Sms__After: smsAfter }
var consoleSettings = empty(consoleUrl) ? {} : { Notifications__ConsoleUrl: consoleUrl }
var otlpSettings = empty(otlpEndpoint) ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // azd finds the app of the service "functions" in azure.yaml by this tag.
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyHttpInstances }]
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    requiredSettings,
    replicaSettings,
    archiveSettings,
    espritPoolSettings,
    solidworksPoolSettings,
    mailFromSettings,
    mailOperatorSettings,
    mailPersonSettings,
    teamsSettings,
    smsFromSettings,
    smsOperatorSettings,
    smsAfterSettings,
    consoleSettings,
    otlpSettings
  )
}

output name string = app.name
output hostName string = app.properties.defaultHostName
