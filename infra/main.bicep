targetScope = 'resourceGroup'

metadata description = 'MCMS on Azure: function app, Service Bus, blobs, Azure SQL, monitoring, and who may do what.'

// ---- Where and what ------------------------------------------------------------------------------------------------

@description('Name of the azd environment (for example dev, prod). Part of every resource name through resourceToken.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of every resource. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
param location string = resourceGroup().location

@description('Tags on every resource, added to the azd environment tag.')
param tags object = {}

// ---- Who may sign in -----------------------------------------------------------------------------------------------

@description('Entra tenant whose tokens the API accepts.')
param authTenantId string = tenant().tenantId

@description('Audience (aud) of the API tokens: the application (client) id of the API app registration.')
@minLength(1)
param authAudience string

// ---- Database ------------------------------------------------------------------------------------------------------

@description('Display name of the Entra user or group that administers the SQL server.')
@minLength(1)
param sqlAdminLogin string

@description('Object id of the Entra user or group that administers the SQL server.')
@minLength(36)
@maxLength(36)
param sqlAdminObjectId string

@description('What sqlAdminObjectId is. A group is advised: it survives people.')
@allowed(['User', 'Group', 'Application'])
param sqlAdminPrincipalType string = 'Group'

@description('SKU of the database. Clustered columnstore needs any vCore SKU or S3. The memory-optimized work queue needs BC_Gen5_* (Business Critical) or P* (Premium); elsewhere the same procedures run on a plain table. Hyperscale offers no memory-optimized tables.')
param sqlSkuName string = 'GP_Gen5_2'

@description('Tier that belongs to sqlSkuName.')
@allowed(['GeneralPurpose', 'BusinessCritical', 'Standard', 'Premium'])
param sqlSkuTier string = 'GeneralPurpose'

@description('Read history from the readable replica that Premium and Business Critical have. The last seconds may be missing there.')
param sqlReadScale bool = false

// ---- Messaging -----------------------------------------------------------------------------------------------------

@description('Service Bus tier. Basic is impossible: it has no duplicate detection. Premium buys fixed latency and private endpoints.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Object id of the service principal (not the application id) the shop-floor agents sign in as. Empty: no agent may use the queues yet.')
param workstationsPrincipalId string = ''

// ---- Scale, console, telemetry -------------------------------------------------------------------------------------

@description('Memory of one function instance in MB. 2048 brings one core.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Upper limit of function instances.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances kept warm for the HTTP functions, so that the first caller of the day does not pay for a cold start.')
@minValue(0)
param alwaysReadyHttpInstances int = 1

@description('Web origins (https://host) that may reach the blobs from a browser: the console. Empty: none.')
param consoleOrigins array = []

@description('OTLP endpoint of an OpenTelemetry collector. Empty: telemetry goes to Application Insights only.')
param otlpEndpoint string = ''

@description('How old history is when it goes to the archive, as an ISO 8601 duration such as P730D. Empty: history stays.')
param historyArchiveAfter string = ''

@description('Licences of ESPRIT that all workstations share, as a number. Empty: no limit but the seats of the workstations.')
param espritLicences string = ''

@description('Licences of SolidWorks that all workstations share, as a number. Empty: no limit but the seats of the workstations.')
param solidworksLicences string = ''

@description('Days the Log Analytics workspace keeps telemetry.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

// ---- Who is told ---------------------------------------------------------------------------------------------------

@description('Address of a Teams workflow that posts to the channel of the operators. Whoever has it can post. Empty: nothing goes to Teams.')
@secure()
param teamsWebhookUrl string = ''

@description('E-mail addresses of the operators, separated by commas. Empty: they get no mail.')
param operatorEmails string = ''

@description('Domain that completes the name of a person who ordered a command to an e-mail address. Empty: only names that are addresses get mail.')
param personEmailDomain string = ''

@description('Phone number, short code or sender id that SMS come from; it is bought for the Communication Services resource. Empty: no SMS.')
param smsFrom string = ''

@description('Phone numbers of the operators such as +821012345678, separated by commas. They are told of what stays unacknowledged.')
param operatorPhones string = ''

@description('How long a severe incident stays unacknowledged before it goes out by SMS, as an ISO 8601 duration.')
param smsAfter string = 'PT15M'

@description('Language of the notifications.')
@allowed(['en', 'ko'])
param notificationLanguage string = 'en'

@description('Address of the console that links in notifications lead to. Empty: the API of the function app.')
param consoleUrl string = ''

@description('Geography in which Communication Services keeps messages. It cannot be changed later.')
param communicationDataLocation string = 'Europe'

// ---- Resources -----------------------------------------------------------------------------------------------------

var resourceToken = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var allTags = union(tags, { 'azd-env-name': environmentName })
var hostStorageName = 'sthost${resourceToken}'
var deploymentContainerName = 'app-package'

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-mcms-${resourceToken}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    workspaceName: 'log-mcms-${resourceToken}'
    applicationInsightsName: 'appi-mcms-${resourceToken}'
    location: location
    tags: allTags
    retentionDays: logRetentionDays
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  params: {
    name: hostStorageName
    location: location
    tags: allTags
    deploymentContainerName: deploymentContainerName
    functionsPrincipalId: identity.outputs.principalId
  }
}

module blobs 'modules/blobs.bicep' = {
  name: 'blobs'
  params: {
    name: 'stmcms${resourceToken}'
    location: location
    tags: allTags
    consoleOrigins: consoleOrigins
    functionsPrincipalId: identity.outputs.principalId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  name: 'service-bus'
  params: {
    name: 'sb-mcms-${resourceToken}'
    location: location
    tags: allTags
    skuName: serviceBusSku
    functionsPrincipalId: identity.outputs.principalId
    workstationsPrincipalId: workstationsPrincipalId
  }
}

module sql 'modules/sql.bicep' = {
  name: 'sql'
  params: {
    serverName: 'sql-mcms-${resourceToken}'
    databaseName: 'mcms'
    location: location
    tags: allTags
    skuName: sqlSkuName
    skuTier: sqlSkuTier
    readScale: sqlReadScale
    adminLogin: sqlAdminLogin
    adminObjectId: sqlAdminObjectId
    adminPrincipalType: sqlAdminPrincipalType
  }
}

module communication 'modules/communication.bicep' = {
  name: 'communication'
  params: {
    name: 'acs-mcms-${resourceToken}'
    tags: allTags
    dataLocation: communicationDataLocation
    functionsPrincipalId: identity.outputs.principalId
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    name: 'func-mcms-${resourceToken}'
    planName: 'plan-mcms-${resourceToken}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageAccountName: hostStorage.outputs.name
    deploymentContainerUrl: '${hostStorage.outputs.blobEndpoint}${deploymentContainerName}'
    blobServiceUri: blobs.outputs.blobEndpoint
    serviceBusHostName: serviceBus.outputs.hostName
    sqlServerHostName: sql.outputs.hostName
    sqlDatabaseName: sql.outputs.databaseName
    sqlReadScale: sqlReadScale
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    authTenantId: authTenantId
    authAudience: authAudience
    otlpEndpoint: otlpEndpoint
    historyArchiveAfter: historyArchiveAfter
    espritLicences: espritLicences
    solidworksLicences: solidworksLicences
    communicationEndpoint: communication.outputs.endpoint
    emailFrom: communication.outputs.senderAddress
    teamsWebhookUrl: teamsWebhookUrl
    operatorEmails: operatorEmails
    personEmailDomain: personEmailDomain
    smsFrom: smsFrom
    operatorPhones: operatorPhones
    smsAfter: smsAfter
    notificationLanguage: notificationLanguage
    consoleUrl: consoleUrl
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
  }
}

// ---- What azd, the migrations and the agents need to know ----------------------------------------------------------

@description('Base address of the API.')
output API_BASE_URL string = 'https://${functionApp.outputs.hostName}/api'

@description('Name of the function app: azd deploys to it.')
output FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Name the identity has as a database user: see infra/README.md, "After the first deployment".')
output FUNCTIONS_IDENTITY_NAME string = identity.outputs.name

@description('Client id of the identity; with it the database user can be made without asking the directory.')
output FUNCTIONS_IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('Host name of the SQL server.')
output SQL_SERVER string = sql.outputs.hostName

@description('Name of the database.')
output SQL_DATABASE string = sql.outputs.databaseName

@description('Host name of the Service Bus namespace: the agents and outside producers connect to it.')
output SERVICE_BUS_HOST string = serviceBus.outputs.hostName

@description('Blob endpoint of the MCMS files.')
output BLOB_ENDPOINT string = blobs.outputs.blobEndpoint
